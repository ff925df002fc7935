import { type KeyboardEvent, type ReactNode, useId } from 'react';

export interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly T[];
  readonly picked: T;
  readonly onPick: (tab: T) => void;
  readonly children: ReactNode;
}

/** Tabs by the pattern of the ARIA Authoring Practices: arrows move, one stop in the order of Tab. */
export function Tabs<T extends string>({ label, tabs, picked, onPick, children }: TabsProps<T>) {
  const id = useId();
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = tabs.indexOf(picked);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step === undefined ? undefined : tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    onPick(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label={label} tabIndex={-1} onKeyDown={move} className="sxi-tabs">
        {tabs.map((tab) => (
          <button
            key={tab}
            type="button"
            role="tab"
            data-tab={tab}
            id={`${id}-${tab}`}
            aria-selected={tab === picked}
            aria-controls={`${id}-panel`}
            tabIndex={tab === picked ? 0 : -1}
            onClick={() => onPick(tab)}
          >
            {tab}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${picked}`}
        className="sxi-panel"
      >
        {children}
      </div>
    </>
  );
}
