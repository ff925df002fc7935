import { type KeyboardEvent, useState } from 'react';

interface TitleFieldProps {
  readonly title: string;
  readonly isDone: boolean;
  readonly onChange: (title: string) => void;
}

/**
 * A title that is edited where it stands. While somebody types, a change from elsewhere does not
 * pull the text away; Enter or leaving writes, Escape forgets.
 */
export function TitleField({ title, isDone, onChange }: TitleFieldProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const write = () => {
    const wanted = draft?.trim() ?? '';
    if (wanted !== '' && wanted !== title) onChange(wanted);
    setDraft(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') write();
    if (event.key === 'Escape') setDraft(null);
  };
  return (
    <input
      className="title"
      data-done={isDone}
      aria-label={`Title of ${title}`}
      maxLength={500}
      value={draft ?? title}
      title={title}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={write}
      onKeyDown={onKeyDown}
    />
  );
}
