/**
 * Names that credentials go by. What is written here is kept on disk with the request, so it is
 * refused; `rest({ auth, headers })` is asked at send time and kept nowhere.
 */
const secretHeader =
  /^(?:cookie2?|set-cookie)$|authori[sz]ation|api-?key|token|secret|passw(?:or)?d|credential|session|signature/i;
const secretParameter =
  /^(?:(?:access|auth|id|refresh|bearer|csrf|xsrf)[-_]?token|token|auth|authori[sz]ation|api[-_]?key|(?:client[-_]?)?secret|passw(?:or)?d|pwd|session(?:[-_]?id)?|sid|jwt|sig(?:nature)?)$/i;
/** The kit's own, and those that a platform sets. */
const ownHeader =
  /^(?:idempotency-key|if-match|if-none-match|if-unmodified-since|if-modified-since|host|content-length|transfer-encoding|connection|origin|referer)$/i;

export function isSecretHeader(name: string): boolean {
  return secretHeader.test(name);
}

/** Headers of a request that may leave: one on the disk may hold what is refused by now. */
export function withoutSecretHeaders(
  headers: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isSecretHeader(name)));
}

export function isSecretParameter(name: string): boolean {
  return secretParameter.test(name);
}

export function isOwnHeader(name: string): boolean {
  return ownHeader.test(name);
}

/** A shorter value says nothing, and might stand anywhere. */
const shortestSecret = 6;

/** A server's words without the credentials that it was sent. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let hidden = text;
  for (const secret of secrets) {
    if (secret.length >= shortestSecret) hidden = hidden.replaceAll(secret, '…');
  }
  return hidden;
}
