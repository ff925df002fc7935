import { type ReactNode, useEffect, useLayoutEffect } from 'react';
import { type Scheme, SchemeContext } from './schemeContext.ts';
import type { World } from './world.ts';

interface StoryFrameProps {
  readonly name: string;
  /** What the story shows, in a sentence or two (`parameters.text`). */
  readonly text: string;
  readonly scheme: Scheme;
  readonly network: 'on' | 'off';
  readonly world: World;
  readonly children: ReactNode;
}

/** What a story says of itself, and what the toolbar's switches turn. */
export function StoryFrame({ name, text, scheme, network, world, children }: StoryFrameProps) {
  useLayoutEffect(() => {
    document.documentElement.dataset.scheme = scheme;
  }, [scheme]);
  useEffect(() => world.network.turn(network), [world, network]);
  return (
    <SchemeContext value={scheme}>
      <main className="story">
        <header className="story-head">
          <h1>{name}</h1>
          <p>{text}</p>
        </header>
        {children}
      </main>
    </SchemeContext>
  );
}
