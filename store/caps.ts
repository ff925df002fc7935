/** Settlements kept, so that a handle can be reattached; beyond it the outcome is `unknown`. */
export const settlementCap = 10_000;
/** Entries of the conflict log kept. */
export const conflictLogCap = 1_000;
/** Records of a model that are not here any more, of which the server's ids are remembered. */
export const formerCap = 10_000;
/** Writers remembered: an append in doubt is written again within seconds, not tabs later. */
export const writerCap = 256;

/** Unreadable rows kept that name no record: nobody's write any more. Beyond it the oldest goes. */
export const namelessCap = 1_000;
/**
 * Rows of records kept in quarantine. They are somebody's writes and never dropped; beyond it the
 * border refuses further acts on such records, so that what waits there does not grow for ever.
 */
export const quarantineLimit = 1_000;
