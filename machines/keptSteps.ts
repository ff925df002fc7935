import type { AnyStateMachine, SnapshotFrom } from 'xstate';

/**
 * The same machine, which takes each step once and keeps where it led: a page sends a handful of
 * events to it, and XState reckons 20 to 50 µs for each, as it does for the first state. Only for a
 * machine that is nothing but states: no context, actions, delays, children or history, so that the
 * next snapshot is a function of the state and the event's type, and there are as few as states.
 * Whoever inspects the actor needs the machine itself: steps that are kept are not told.
 *
 * @example createActor(withKeptSteps(engineMachine))
 */
export function withKeptSteps<M extends AnyStateMachine>(machine: M): M {
  type Kept = SnapshotFrom<M>;
  /** One snapshot for each state, by what it says. */
  const snapshots = new Map<string, Kept>();
  /** From each of them, by the event's type. */
  const steps = new WeakMap<object, Map<string, Kept>>();
  let first: Kept | undefined;

  function only(snapshot: Kept): Kept {
    const { status, value } = snapshot;
    const name = `${status} ${JSON.stringify(value)}`;
    const known = snapshots.get(name) ?? snapshot;
    snapshots.set(name, known);
    return known;
  }

  const kept: M = Object.create(machine);
  kept.getInitialSnapshot = (scope, input): Kept => {
    first ??= only(machine.getInitialSnapshot(scope, input) as Kept);
    return first as Kept;
  };
  kept.transition = (snapshot, event, scope): Kept => {
    let from = steps.get(snapshot);
    if (!from) {
      from = new Map();
      steps.set(snapshot, from);
    }
    const known = from.get(event.type);
    if (known) return known;
    const next = only(machine.transition(snapshot, event, scope) as Kept);
    from.set(event.type, next);
    return next;
  };
  return kept;
}
