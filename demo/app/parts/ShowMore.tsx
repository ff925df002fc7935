interface ShowMoreProps {
  readonly hidden: number;
  readonly noun: string;
  readonly onPress: () => void;
}

/** The end of a list that is longer than what it shows; nothing when all is shown. */
export function ShowMore({ hidden, noun, onPress }: ShowMoreProps) {
  if (hidden <= 0) return null;
  return (
    <button type="button" className="button more" onClick={onPress}>
      Show more{' '}
      <span className="quiet">
        ({hidden.toLocaleString('en')} {noun} not shown)
      </span>
    </button>
  );
}
