/**
 * How a journal stands to its disk, from well to worst; what is worse includes what comes before.
 * `behind`: the disk has, or may have, entries that were not folded. `inDoubt`: an append of people's
 * rows ended without an answer, they may be on the disk. `outdated`: the facts are to be read anew.
 * `closed`: nothing is written any more.
 */
const grades = ['current', 'behind', 'inDoubt', 'outdated', 'closed'] as const;
export type Grade = (typeof grades)[number];

/** Where a journal stands: it gets worse by itself, and well again only by looking at the disk. */
export class Standing {
  #grade: Grade = 'current';

  get grade(): Grade {
    return this.#grade;
  }

  get isClosed(): boolean {
    return this.#grade === 'closed';
  }

  /** What is worse stays. */
  worsen(grade: Grade): void {
    if (grades.indexOf(grade) > grades.indexOf(this.#grade)) this.#grade = grade;
  }

  /** The disk is being looked at. Returns how things stood. */
  renew(): Grade {
    const before = this.#grade;
    this.#grade = 'current';
    return before;
  }
}
