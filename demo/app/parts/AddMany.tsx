import { useWrites } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';

const howMany = 1_000;

/** For those who want to see a queue that is long. */
export function AddMany() {
  const { createMany } = useWrites('todo');
  const attempt = useAttempt();
  const add = () => {
    const made = Array.from({ length: howMany }, (_, i) => {
      return { title: `Todo ${i + 1} of many`, done: false, counter: 0 };
    });
    createMany(made);
  };
  return (
    <button type="button" className="button small more" onClick={() => attempt(add)}>
      Add 1,000 todos
    </button>
  );
}
