import { choosePolicy, chosenPolicy, type PolicyName, policyNames } from '../conflictPolicy.ts';

const words: Readonly<Record<PolicyName, string>> = {
  merge: 'merge by field',
  serverWins: 'server wins',
  clientWins: 'device wins',
  manual: 'a person decides',
};

/** Which policy both devices follow when a record was changed on both. */
export function PolicyChoice() {
  return (
    <label className="choice">
      Both changed a record:
      <select
        className="field select"
        value={chosenPolicy()}
        onChange={(event) => choosePolicy(event.target.value)}
      >
        {policyNames.map((policy) => (
          <option key={policy} value={policy}>
            {words[policy]}
          </option>
        ))}
      </select>
    </label>
  );
}
