/** What is to be placed: boxes with their sizes, and arrows with the sizes of their labels. */
export interface Sized {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface SizedArrow extends Omit<Sized, 'id'> {
  readonly from: string;
  readonly to: string;
  /** It leads back; of others it is found out. */
  readonly isBack?: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Laid {
  readonly width: number;
  readonly height: number;
  /** Centres, by id. */
  readonly boxes: ReadonlyMap<string, Point>;
  /** In the order of the arrows: the way from box to box, and where the label's centre is. */
  readonly ways: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

/** A place in a row: a box, a label, or where an arrow passes. */
interface Spot {
  readonly width: number;
  readonly height: number;
  readonly row: number;
  x: number;
  readonly above: Spot[];
  readonly below: Spot[];
}

const gap = { x: 18, y: 16 } as const;
const sweeps = 24;

/**
 * Layers from top to bottom, after K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual
 * understanding of hierarchical system structures", IEEE SMC-11, 1981: back arrows are turned round,
 * a box stands below all that lead to it, every arrow gets a place in each row that it crosses
 * (every other row is of labels), rows are ordered by the middle of their neighbours.
 *
 * @param boxes the first is the top
 */
export function layout(boxes: readonly Sized[], arrows: readonly SizedArrow[]): Laid {
  const ranks = ranksOf(boxes, arrows);
  const rank = (id: string) => ranks.get(id) ?? 0;
  const spots = new Map<string, Spot>();
  const rows: Spot[][] = [];
  const add = (width: number, height: number, row: number): Spot => {
    const spot: Spot = { width, height, row, x: 0, above: [], below: [] };
    rows[row] ??= [];
    rows[row].push(spot);
    return spot;
  };
  for (const { id, width, height } of boxes) spots.set(id, add(width, height, rank(id) * 2));
  const chains = arrows.map(({ from, to, width, height }) => {
    const isBack = rank(from) > rank(to);
    const [top, bottom] = isBack ? [to, from] : [from, to];
    const chain = [spots.get(top) as Spot];
    // The label stands next to where the arrow begins.
    const labelRow = isBack ? rank(bottom) * 2 - 1 : rank(top) * 2 + 1;
    for (let row = rank(top) * 2 + 1; row < rank(bottom) * 2; row++)
      chain.push(row === labelRow ? add(width, height, row) : add(4, 4, row));
    chain.push(spots.get(bottom) as Spot);
    for (const [i, spot] of chain.entries()) {
      const next = chain[i + 1];
      if (!next) continue;
      spot.below.push(next);
      next.above.push(spot);
    }
    return { chain, isBack, label: chain.find((spot) => spot.row === labelRow) as Spot };
  });
  arrange(rows);

  const heights = rows.map((row) => Math.max(...row.map(({ height }) => height)));
  const tops = heights.map((_, i) => heights.slice(0, i).reduce((sum, h) => sum + h + gap.y, 0));
  const all = rows.flat();
  const left = Math.min(...all.map(({ x, width }) => x - width / 2));
  const right = Math.max(...all.map(({ x, width }) => x + width / 2));
  const middle = (row: number) => (tops[row] ?? 0) + (heights[row] ?? 0) / 2;
  const centre = (spot: Spot): Point => ({ x: spot.x - left, y: middle(spot.row) });
  const ways = chains.map(({ chain, isBack, label }) => {
    const points = chain.flatMap((spot, i): Point[] => {
      const { x, y } = centre(spot);
      const [before, after] = [chain[i - 1], chain[i + 1]];
      if (!before) return [{ x: x + port(spot, spot.below, after), y: y + spot.height / 2 }];
      if (!after) return [{ x: x + port(spot, spot.above, before), y: y - spot.height / 2 }];
      const half = (heights[spot.row] ?? 0) / 2;
      return [
        { x, y: y - half },
        { x, y: y + half },
      ];
    });
    return { points: isBack ? points.toReversed() : points, label: centre(label) };
  });
  const last = rows.length - 1;
  return {
    width: right - left,
    height: (tops[last] ?? 0) + (heights[last] ?? 0),
    boxes: new Map([...spots].map(([id, spot]) => [id, centre(spot)])),
    ways,
  };
}

/** Where on its edge a box meets an arrow: side by side, in the order of where they come from. */
function port({ width }: Spot, near: readonly Spot[], spot: Spot | undefined): number {
  const order = near.toSorted((a, b) => a.x - b.x);
  const room = Math.min(width * 0.8, near.length * 30);
  return spot ? ((order.indexOf(spot) + 0.5) / near.length - 0.5) * room : 0;
}

/** The longest way from the top, once arrows that lead back are left out. */
function ranksOf(boxes: readonly Sized[], arrows: readonly SizedArrow[]): Map<string, number> {
  const isBack = new Set(arrows.filter((arrow) => arrow.isBack));
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (id: string) => {
    open.add(id);
    for (const arrow of arrows) {
      if (arrow.from !== id || isBack.has(arrow)) continue;
      if (open.has(arrow.to)) isBack.add(arrow);
      else if (!done.has(arrow.to)) visit(arrow.to);
    }
    open.delete(id);
    done.add(id);
  };
  for (const { id } of boxes) if (!done.has(id)) visit(id);
  const ranks = new Map(boxes.map(({ id }) => [id, 0]));
  for (let round = 0; round < boxes.length; round++) {
    for (const arrow of arrows) {
      if (isBack.has(arrow)) continue;
      const least = (ranks.get(arrow.from) ?? 0) + 1;
      if ((ranks.get(arrow.to) ?? 0) < least) ranks.set(arrow.to, least);
    }
  }
  return ranks;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Orders the rows and moves their spots towards their neighbours, without overlaps. */
function arrange(rows: Spot[][]): void {
  for (const row of rows)
    spread(
      row,
      row.map((_, i) => i * 100),
    );
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) {
      const wish = (spot: Spot): number => {
        const near =
          sweep < sweeps / 2 ? (isDown ? spot.above : spot.below) : [...spot.above, ...spot.below];
        return near.length > 0 ? mean(near.map(({ x }) => x)) : spot.x;
      };
      const wishes = new Map(row.map((spot) => [spot, wish(spot)]));
      // The order is settled by half of the sweeps; then only places are.
      if (sweep < sweeps / 2) row.sort((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0));
      spread(
        row,
        row.map((spot) => wishes.get(spot) ?? 0),
      );
    }
  }
}

/** As near to the wishes as the widths allow: neighbours that would overlap move as one block. */
function spread(row: readonly Spot[], wishes: readonly number[]): void {
  const blocks: { spots: Spot[]; offsets: number[]; wish: number[] }[] = [];
  for (const [i, spot] of row.entries()) {
    blocks.push({ spots: [spot], offsets: [0], wish: [wishes[i] ?? 0] });
    for (let last = blocks.length - 1; last > 0; last--) {
      const [before, after] = [blocks[last - 1], blocks[last]];
      if (!before || !after) break;
      const shift =
        (before.offsets.at(-1) ?? 0) +
        ((before.spots.at(-1)?.width ?? 0) + (after.spots[0]?.width ?? 0)) / 2 +
        gap.x;
      if (start(after) >= start(before) + shift) break;
      before.spots.push(...after.spots);
      before.offsets.push(...after.offsets.map((offset) => offset + shift));
      before.wish.push(...after.wish);
      blocks.pop();
    }
  }
  for (const block of blocks)
    for (const [i, spot] of block.spots.entries()) spot.x = start(block) + (block.offsets[i] ?? 0);
}

function start({ offsets, wish }: { offsets: readonly number[]; wish: readonly number[] }): number {
  return mean(wish.map((place, i) => place - (offsets[i] ?? 0)));
}
