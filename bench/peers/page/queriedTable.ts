import type { Todo } from '../../page/todos.ts';

/** The unfinished ones, the highest counter first. */
export interface Part {
  readonly offset: number;
  readonly limit: number;
}

/** A table with a query over it that is kept up to date. */
export interface QueriedTable {
  /** Changes one record, and gives the rows as they are then. */
  edit(id: string, changes: Pick<Todo, 'counter' | 'done'>): readonly Todo[];
  /** The rows of a query that was not asked before, the record at `mark` left out. */
  first(mark: number): Promise<readonly Todo[]>;
  /** Lets what the edits began come to its end. */
  settle(): Promise<unknown>;
}
