import type { Auth, HeaderSource } from './options.ts';

/** What goes with one request and is kept nowhere. */
export interface Credentials {
  /** The app's own, for every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header with the token; empty where there is none. */
  readonly token: Readonly<Record<string, string>>;
  /** Values that must not come back in anybody's words. */
  readonly secrets: readonly string[];
}

export interface Keyring {
  /** Asked at send time; null: nobody is signed in. Throws if nobody could be asked. */
  credentials(): Promise<Credentials | null>;
  /** Missing where there is no way to new ones. */
  readonly refresh?: () => Promise<boolean>;
}

/** Asks the app for its headers and tokens; one refresh at a time, whoever asks. */
export function createKeyring(auth: Auth | undefined, source: HeaderSource | undefined): Keyring {
  let refreshing: Promise<boolean> | null = null;
  let last: string | null = null;
  /** A refresh that gave the token itself: it stands for the one that was refused. */
  let renewed: { readonly refused: string | null; readonly token: string } | null = null;

  async function token(asked: Auth): Promise<string | null> {
    const given = (await asked.token()) || null;
    const current = renewed && renewed.refused === given ? renewed.token : given;
    if (renewed && renewed.refused !== given) renewed = null;
    last = given;
    return current;
  }

  async function renew(asked: NonNullable<Auth['refresh']>): Promise<boolean> {
    const answer = await asked();
    if (typeof answer !== 'string') return answer === true;
    if (answer === '') return false;
    renewed = { refused: last, token: answer };
    return true;
  }

  async function credentials(): Promise<Credentials | null> {
    const headers = typeof source === 'function' ? await source() : source;
    const secrets = Object.values(headers ?? {});
    if (!auth) return { headers: headers ?? {}, token: {}, secrets };
    const current = await token(auth);
    if (current === null) return null;
    const { header = 'authorization' } = auth;
    const isBearer = header.toLowerCase() === 'authorization';
    const value = isBearer ? `Bearer ${current}` : current;
    return { headers: headers ?? {}, token: { [header]: value }, secrets: [...secrets, current] };
  }

  const refresh = auth?.refresh;
  if (!refresh) return { credentials };
  return {
    credentials,
    refresh: () => {
      refreshing ??= renew(refresh).finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
  };
}
