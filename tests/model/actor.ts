/** Who makes a step. All but the kit and the disk are the world outside. */
export type Actor =
  | 'person'
  | 'kit'
  | 'disk'
  | 'server'
  | 'network'
  | 'platform'
  | 'time'
  | 'otherTab'
  | 'devTools'
  | 'power';
