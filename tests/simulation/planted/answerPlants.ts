import type { Plant } from './plant.ts';

/** What the server says is what is believed, and others' changes are merged. */
export const answerPlants: readonly Plant[] = [
  {
    id: 'ignore 412',
    promise: 'a conflict is resolved, not passed over',
    edits: [
      {
        file: 'src/rest/answers.ts',
        find: 'changed: (exchange) => conflict(exchange, remoteInProblem(exchange)),',
        replace: "changed: () => ({ kind: 'committed', remote: null, version: null }),",
      },
    ],
  },
  {
    id: 'a server error as a refusal',
    promise: 'rejected means that the server refused it',
    edits: [
      {
        file: 'src/rest/meanings.ts',
        find: "5: 'later',",
        replace: "5: 'refused',",
      },
    ],
  },
  {
    id: "a portal's page as success",
    promise: 'what is not the answer that was asked for says nothing',
    edits: [
      {
        file: 'src/rest/answers.ts',
        find: "if (body.kind === 'unreadable') return unreadable(exchange, body.reason);",
        replace:
          "if (body.kind === 'unreadable') return { kind: 'committed', remote: null, version };",
      },
      {
        file: 'src/rest/wire.ts',
        find: "if (body.kind === 'page' && status >= 200 && status < 300) throw portal();",
        replace: '',
      },
    ],
  },
  {
    id: 'apply an older version',
    promise: 'the base never goes back',
    edits: [
      {
        file: 'src/engine/answers/attempt.ts',
        find: 'return spokenAt(facts, attempt) > firstSent;',
        replace: 'return firstSent < 0;',
      },
    ],
  },
  {
    id: 'the server id is not stored',
    promise: 'a record is found by the id that the server gave it',
    edits: [
      {
        file: 'src/engine/answers/answerRows.ts',
        find: '    ? { base, alias: serverId }\n',
        replace: '    ? { base }\n',
      },
    ],
  },
  {
    id: 'resolve without the base',
    promise: 'a merge stands on what the server has now',
    edits: [
      {
        file: 'store/foldChoices.ts',
        find: '  draft.putBase(model, recordId, row.base, row.version);\n',
        replace: '',
      },
    ],
  },
  {
    id: 'theirs overwrites ours',
    promise: 'a merge loses nothing that was written here',
    edits: [
      {
        file: 'src/policies/merge.ts',
        find: '    changes[field] = ours;\n    const before = base && Object.hasOwn(base, field) ? base[field] : undefined;\n',
        replace:
          '    const before = base && Object.hasOwn(base, field) ? base[field] : undefined;\n    if (sameJson(before, theirs)) changes[field] = ours;\n',
      },
    ],
  },
  {
    id: 'a wrong cell in the fast path',
    promise: 'the table is the machine',
    edits: [
      {
        file: 'machines/recordTable.ts',
        find: "event.remaining === 0 ? ':last' : ':more'",
        replace: "event.remaining <= 1 ? ':last' : ':more'",
      },
    ],
  },
  {
    id: 'another epoch unnoticed',
    promise: 'data that began anew on the server is pulled from the start',
    edits: [
      {
        file: 'src/engine/pulls/pullRun.ts',
        find: "return !isStart(place) && known !== null && typeof epoch === 'string' && epoch !== known;",
        replace: "return isStart(place) && known !== null && epoch === '';",
      },
    ],
  },
  {
    id: 'a sweep forgets what its list left out',
    promise: 'what a pull from the start does not meet is looked up, and goes',
    edits: [
      {
        file: 'src/engine/pulls/sweep.ts',
        find: "else (where === 'unknown' && confirmed < filterSince ? leftOut : missing).push(id);",
        replace: 'else if (confirmed < filterSince) leftOut.push(id);',
      },
    ],
  },
  {
    id: 'what waits behind a conflict goes with it',
    promise: 'an edit that stands behind a conflict of its record is kept',
    edits: [
      {
        file: 'src/policies/policy.ts',
        find: 'return stand(rule, facts, record, contested, local);',
        replace: 'return stand(rule, facts, record, operations, local);',
      },
    ],
  },
  {
    id: 'our own write as a conflict',
    promise: 'what stands on the server as it was sent is ours, also where nothing names it',
    edits: [
      {
        file: 'src/engine/records/ownRecord.ts',
        find: "if (!remote.record || request.kind === 'delete') return false;",
        replace: 'if (remote.record || !remote.record) return false;',
      },
    ],
  },
];
