import { type FormEvent, useState } from 'react';
import { useWrites } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';

export function AddTodo() {
  const { create } = useWrites('todo');
  const attempt = useAttempt();
  const [title, setTitle] = useState('');
  const add = (event: FormEvent) => {
    event.preventDefault();
    const wanted = title.trim();
    if (wanted === '') return;
    attempt(() => {
      create({ title: wanted, done: false, counter: 0 });
      setTitle('');
    });
  };
  return (
    <form className="add" onSubmit={add}>
      <input
        className="field"
        aria-label="New todo"
        placeholder="What is to be done?"
        maxLength={500}
        autoComplete="off"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <button type="submit" className="button primary">
        Add
      </button>
    </form>
  );
}
