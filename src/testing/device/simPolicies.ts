import type { ModelOptions } from '../../defineModel.ts';
import type { ConflictFunction } from '../../policies/policy.ts';
import type { TransportFactory } from '../../ports/transport.ts';
import type { SimPolicy } from '../plan/plan.ts';
import type { SimTodo } from './simTab.ts';

/**
 * As many apps write it: theirs, with what we have changed on top. What they deleted is made again, what
 * we deleted stays as they have it.
 */
const byField: ConflictFunction<SimTodo> = ({ local, remote, changedLocally }) => {
  if (!remote) return 'keepLocal';
  if (!local) return 'keepRemote';
  const ours = changedLocally.map((field) => [field, local[field] ?? null]);
  return { merged: { ...remote, ...Object.fromEntries(ours) } };
};

/** A model's options for a policy; times stand in a field that the devices write. */
export function policyOf(policy: SimPolicy): Pick<ModelOptions<SimTodo>, 'conflict' | 'updatedAt'> {
  if (policy === 'byField') return { conflict: byField };
  return policy === 'lastUpdateWins'
    ? { conflict: policy, updatedAt: touchedField }
    : { conflict: policy };
}

/** The simulated server has the clock of the world, as the devices have. */
export function withClock(factory: TransportFactory): TransportFactory {
  const { checkModel, checkCall } = factory;
  const made: TransportFactory = (env) => ({ ...factory(env), clockOffset: () => 0 });
  return Object.assign(made, {
    ...(checkModel && { checkModel }),
    ...(checkCall && { checkCall }),
  });
}

/** Where a device writes when it has changed a record (ms since 1970). */
export const touchedField = 'touched';
