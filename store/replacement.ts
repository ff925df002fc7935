import type { Operation } from './rows/row.ts';

/** What a replacement says. */
export type Replacing = Pick<Operation, 'id' | 'kind' | 'changes'>;

/**
 * One operation in the place of others of its record. It is as late as the last of them, waits for all
 * that any of them waited for, and is hidden if one of them was. How a call travels goes with its kind:
 * the address of a create is none for an update.
 *
 * @param replaced in order; not empty
 */
export function replacement(replaced: readonly Operation[], said: Replacing): Operation | null {
  const [first] = replaced;
  const last = replaced[replaced.length - 1];
  if (!first || !last) return null;
  const supersedes = replaced.flatMap((item) => [item.id, ...(item.supersedes ?? [])]);
  const gone = new Set(supersedes);
  const waitedFor = replaced.flatMap((item) => item.dependsOn ?? []).filter((id) => !gone.has(id));
  const { request: _, dependsOn: __, ...kept } = first;
  const isAlone = replaced.length === 1 || said.kind === 'delete';
  const hidden = replaced.find((item) => !item.visible);
  return {
    ...kept,
    ...said,
    ...(hidden && { visible: false, strategy: hidden.strategy }),
    ...{ at: Math.max(...replaced.map((item) => item.at)), supersedes },
    ...(waitedFor.length > 0 && { dependsOn: [...new Set(waitedFor)] }),
    ...(isAlone && last.kind === said.kind && last.request && { request: last.request }),
  };
}
