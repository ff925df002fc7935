import type { ReactNode } from 'react';
import { styles } from '../../src/inspect/styles.ts';
import { useScheme } from './schemeContext.ts';

interface ChartFrameProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** The inspector's look around one of its parts. */
export function ChartFrame({ title, children }: ChartFrameProps) {
  return (
    <section className="sxi chart-frame" data-theme={useScheme()} aria-label={title}>
      <style href="syncharts-inspect" precedence="default">
        {styles}
      </style>
      {children}
    </section>
  );
}
