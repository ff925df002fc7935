import { createActor, waitFor } from 'xstate';
import {
  type EngineEvent,
  type EngineRole,
  type EngineRun,
  engineMachine,
} from '../../../machines/engine.ts';
import { withKeptSteps } from '../../../machines/keptSteps.ts';
import type { Env } from '../../ports/env.ts';
import { envClock, type Inspect } from '../wire/connection.ts';

const swift = withKeptSteps(engineMachine);

/** The live engine machine: what this tab is, and whether it may act. */
export class Roles {
  readonly #actor;

  constructor(env: Env, inspect: Inspect | undefined, onChange: () => void) {
    this.#actor = createActor(inspect ? engineMachine : swift, {
      ...{ id: 'engine', clock: envClock(env) },
      ...(inspect && { inspect }),
    });
    this.#actor.subscribe(onChange);
  }

  start(): void {
    this.#actor.start();
  }

  stop(): void {
    this.#actor.stop();
  }

  send(type: EngineEvent['type']): void {
    this.#actor.send({ type });
  }

  get role(): EngineRole {
    return this.#actor.getSnapshot().value.role;
  }

  get run(): EngineRun {
    const { run, moment } = this.#actor.getSnapshot().value;
    return moment === 'past' ? 'timeTravelling' : run;
  }

  /** Whether a person has paused it, whatever moment the store shows. */
  get isPaused(): boolean {
    return this.#actor.getSnapshot().value.run === 'paused';
  }

  /** Waits while the tab is still finding out what it is. */
  async known(): Promise<void> {
    if (!isOpen(this.role)) return;
    await waitFor(this.#actor, ({ value }) => !isOpen(value.role));
  }
}

function isOpen(role: EngineRole): boolean {
  return role === 'hydrating' || role === 'electing';
}
