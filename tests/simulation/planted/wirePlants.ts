import type { Plant } from './plant.ts';

/** Who speaks, of what, and how often: batches, credentials, pauses and answers of others. */
export const wirePlants: readonly Plant[] = [
  {
    id: 'a bare 404 taken as gone',
    promise: 'one lying "not found" drops no record',
    edits: [
      {
        file: 'src/engine/attempt.ts',
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
        find: "  if (!isOwn) return unreadable(exchange, 'the answer is about another record');\n",
        replace: '',
      },
    ],
  },
  {
    id: 'a storm of refreshes',
    promise: 'credentials are renewed once for all requests that were refused',
    edits: [
      {
        file: 'src/engine/lines.ts',
        find: "line.actor.send({ type: 'unauthorized', renewals });",
        replace:
          "if (line.state === 'refreshing') this.#refresh(line).catch(this.#options.env.report);\n      line.actor.send({ type: 'unauthorized', renewals });",
      },
      {
        file: 'src/rest/credentials.ts',
        find: 'refreshing ??= renew(refresh)',
        replace: 'refreshing = renew(refresh)',
      },
    ],
  },
  {
    id: 'a late 401 renews what was renewed',
    promise: 'a refusal of old credentials says nothing about the new ones',
    edits: [
      {
        file: 'src/engine/lines.ts',
        find: "line.actor.send({ type: 'unauthorized', renewals });",
        replace:
          "line.actor.send({ type: 'unauthorized', renewals: Math.max(renewals, line.actor.getSnapshot().context.renewals) });",
      },
    ],
  },
  {
    id: 'notAttempted taken as committed',
    promise: 'what a batch did not attempt goes again',
    edits: [
      {
        file: 'src/engine/pusher.ts',
        find: "if (part === 'notAttempted') continue;",
        replace:
          "if (part === 'notAttempted') {\n        parts.set(key, { kind: 'committed', remote: null, version: null });\n        continue;\n      }",
      },
    ],
  },
  {
    id: '413 of a batch as a dead letter',
    promise: 'what is too much at once goes in smaller parts',
    edits: [
      {
        file: 'src/rest/batch.ts',
        find: '  tooLarge: inParts,',
        replace:
          "  tooLarge: ({ heard, at }) => failed({ kind: 'rejected', failure: { code: 'tooLarge', status: heard.status, message: '', at } } as never),",
      },
    ],
  },
];
