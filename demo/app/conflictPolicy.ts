/** What a device does when both sides changed a record: the policies of the kit that need no more. */
export const policyNames = ['merge', 'serverWins', 'clientWins', 'manual'] as const;
export type PolicyName = (typeof policyNames)[number];

/** A model's policy is part of its definition, so it is chosen by the page's address. */
const parameter = 'conflict';

export function chosenPolicy(): PolicyName {
  const wanted = new URLSearchParams(location.search).get(parameter);
  return policyNames.find((policy) => policy === wanted) ?? 'merge';
}

/** Opens the page anew with another policy; what waits in the outboxes is kept. */
export function choosePolicy(policy: string): void {
  const address = new URL(location.href);
  address.searchParams.set(parameter, policy);
  location.assign(address);
}
