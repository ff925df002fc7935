interface CalmProps {
  readonly text: string;
  readonly action?: { readonly label: string; readonly onPress: () => void };
}

/** A whole page that says one thing, while there is nothing else to show. */
export function Calm({ text, action }: CalmProps) {
  return (
    <main className="calm">
      <p role="status">{text}</p>
      {action && (
        <button type="button" className="button" onClick={action.onPress}>
          {action.label}
        </button>
      )}
    </main>
  );
}
