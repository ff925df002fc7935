import type { Plant } from './plant.ts';

/** Who speaks, of what, and how often: batches, credentials, pauses and answers of others. */
export const wirePlants: readonly Plant[] = [
  {
    id: 'a bare 404 taken as gone',
    promise: 'one lying "not found" drops no record',
    edits: [
      {
        file: 'src/engine/answers/refusals.ts',
        find: 'if (answer.certain) return answer;',
        replace: 'if (answer.kind) return { ...answer, certain: true };',
      },
    ],
  },
  {
    id: '429 ignored',
    promise: 'who is asked to wait waits as long as was asked',
    edits: [
      {
        file: 'src/rest/answers.ts',
        find: '  paused: ({ heard, at }) => paused(heard, at),',
        replace: '  paused: ({ heard, at }) => later(heard, at),',
      },
    ],
  },
  {
    id: '429 as a refusal',
    promise: 'too many requests is no word about the request',
    edits: [{ file: 'src/rest/meanings.ts', find: "  [[429], 'paused'],\n", replace: '' }],
  },
  {
    id: 'batch answers matched by index',
    promise: 'a result is of the operation whose key it names',
    edits: [
      {
        file: 'src/rest/batch.ts',
        find: '  for (const { request, model } of requests) {\n    const result = results.get(request.key);\n    if (!result) continue;',
        replace:
          '  for (const [place, { request, model }] of requests.entries()) {\n    const result = list[place] as JsonObject | undefined;\n    if (!result || results.size === 0) continue;',
      },
      {
        file: 'src/rest/answers.ts',
        find: "  if (!isOwn) return unclear(exchange, 'the answer is about another record');\n",
        replace:
          "  if (!isOwn && !('isPart' in exchange)) return unclear(exchange, 'the answer is about another record');\n",
      },
      {
        // Of parts of a batch alone: crossed answers are another bug's.
        file: 'src/rest/batch.ts',
        find: "const exchange = part !== 'notAttempted' && { request,",
        replace: "const exchange = part !== 'notAttempted' && { isPart: true, request,",
      },
    ],
  },
  {
    id: 'crossed answers accepted',
    promise: 'the answer to another request says nothing about this one',
    edits: [
      {
        file: 'src/rest/answers.ts',
        find: 'if (echo && echo.replace(/^"(.*)"$/, \'$1\') !== request.key) {',
        replace: "if (echo === '') {",
      },
      {
        file: 'src/rest/answers.ts',
        find: "  if (!isOwn) return unclear(exchange, 'the answer is about another record');\n",
        replace: '',
      },
    ],
  },
  {
    id: 'a storm of refreshes',
    promise: 'credentials are renewed once for all requests that were refused',
    edits: [
      {
        file: 'src/engine/wire/lines.ts',
        find: "line.actor.send({ type: 'unauthorized', renewals: known });",
        replace:
          "if (line.state === 'refreshing') this.#refresh(line).catch(this.#options.env.report);\n      line.actor.send({ type: 'unauthorized', renewals: known });",
      },
      {
        file: 'src/rest/credentials.ts',
        find: 'refreshing ??= renew(refresh)',
        replace: 'refreshing = renew(refresh)',
      },
    ],
  },
  {
    id: 'a 413 of a batch as a refusal',
    promise: 'a batch that is too large is sent in smaller parts',
    edits: [
      {
        file: 'src/rest/batch.ts',
        find: '  tooLarge: inParts,\n',
        replace:
          "  tooLarge: ({ heard, at }) =>\n    failed({ kind: 'rejected', failure: { code: 'rejected', message: reasonIn(heard), at } } as never),\n",
      },
    ],
  },
  {
    id: 'notAttempted as committed',
    promise: 'an operation that the server did not come to is sent again',
    edits: [
      {
        file: 'src/engine/sending/exchange.ts',
        find: "      if (part === 'notAttempted') continue;\n",
        replace:
          "      if (part === 'notAttempted') parts.set(key, { kind: 'committed', remote: null, version: null });\n      if (part === 'notAttempted') continue;\n",
      },
    ],
  },
  {
    id: 'a late 401',
    promise: 'an answer from before a renewal says nothing about the new credentials',
    edits: [
      {
        file: 'machines/line.ts',
        find: 'return event.renewals === context.renewals;',
        replace: 'return event.renewals <= context.renewals;',
      },
    ],
  },
  {
    id: 'a time that a server names is cut short',
    promise: 'a server that works on a request is asked again when it said, however long that is',
    edits: [
      {
        file: 'src/engine/lanes/laneIndex.ts',
        find: "const queue = isTold(lane, this.#longestWait) ? 'told' : 'later';",
        replace: "const queue = isTold(lane, Number.POSITIVE_INFINITY) ? 'told' : 'later';",
      },
    ],
  },
  {
    id: 'a batch that was not begun goes again at once',
    promise: 'what a server had no time for goes again after a pause',
    edits: [
      {
        file: 'src/engine/sending/exchange.ts',
        find: 'if ([...answer.answers.values()].every(isUntouched)) this.#pause(request);',
        replace: 'if (answer.answers.size === 0 && isUntouched(null)) this.#pause(request);',
      },
    ],
  },
  {
    id: 'what the server has no way for holds all',
    promise: 'one request that nothing there can take holds nobody else',
    edits: [
      {
        file: 'src/engine/sending/exchange.ts',
        find: 'return isOwn && timesInARow(lane.failure, failure) >= lostAttempts',
        replace: 'return isOwn && timesInARow(lane.failure, failure) >= Number.POSITIVE_INFINITY',
      },
      {
        file: 'src/engine/answers/completed.ts',
        find: "if (by !== 'deployment' || times < ambiguousAttempts || !transport.check) return answer;",
        replace:
          "if (by !== 'deployment' || times < Number.POSITIVE_INFINITY || !transport.check) return answer;",
      },
    ],
  },
  {
    id: 'a yes is a success though nothing is there',
    promise: 'a create that left no trace is not told as done',
    edits: [
      {
        file: 'src/engine/answers/yeses.ts',
        find: 'if (remote && !remote.record && !isProven(attempt, answer)) {',
        replace: 'if (remote && !remote.record && !isProven(attempt, answer) && lostForEver()) {',
      },
      {
        file: 'src/engine/answers/yeses.ts',
        find: '/** It said yes and no more, and nothing is there',
        replace:
          'const lostForEver = () => false;\n\n/** It said yes and no more, and nothing is there',
      },
    ],
  },
];
