/** What the machines allow and the kit never does, each with the reason. Anything else must be met. */
export const unreachedStates: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  engine: {
    'role.following': 'for several writing tabs, which are not built: a second tab is `readOnly`',
  },
  connection: {
    starting: 'left at once, for `online` or `offline` by the platform’s first hint',
  },
};

const bound = 'what is sealed or parked is never cancelled, so that something remains';
const dead = 'a dead letter is always `failed`: its lane can not become `pending` before it goes';
const notBuilt = 'see `role.following`';

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
    'role.following × stopped → role.stopped': notBuilt,
    'role.following × elected → role.leading': notBuilt,
    'role.following × storageFailed → role.blocked': notBuilt,
    'role.readOnly × storageFailed → role.blocked':
      'a tab that neither reads nor writes asks nothing of the storage',
  },
};
