/** What the machines allow and the kit never does, each with the reason. Anything else must be met. */
export const unreachedStates: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  connection: {
    starting: 'left at once, for `online` or `offline` by the platform’s first hint',
  },
};

const bound = 'what is sealed or parked is never cancelled, so that something remains';
const dead = 'a dead letter is always `failed`: its lane can not become `pending` before it goes';

export const unreachedCells: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  record: {
    'pending × discarded (last)': dead,
    'pending × discarded (more)': dead,
    'syncing × cancelled (last)': bound,
    'backoff × cancelled (last)': bound,
    'conflicted × cancelled (last)': bound,
    'failed × cancelled (last)': bound,
  },
  engine: {
    'role.stopped × stopped → role.stopped': 'an engine has one life, and ends once',
  },
};
