import { expect, test } from 'vitest';
import { DeliveryError } from './failure.ts';
import { rightToSend, whileOurs } from './right.ts';

test('what is asked is whether the right is held now, not when the request was begun', async () => {
  let ours = true;
  await whileOurs(
    () => ours,
    async () => {
      await Promise.resolve();
      const mayLeave = rightToSend();
      mayLeave();
      ours = false;
      expect(mayLeave).toThrow(DeliveryError);
      ours = true;
      mayLeave();
    },
  );
});

test('each of several deliveries at a time has its own', async () => {
  const leave = (ours: boolean) =>
    whileOurs(
      () => ours,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        rightToSend()();
      },
    );
  const [kept, lost] = await Promise.allSettled([leave(true), leave(false)]);
  expect(kept).toMatchObject({ status: 'fulfilled' });
  expect(lost).toMatchObject({ reason: { failure: { kind: 'shutting-down' } } });
});

test('what belongs to no delivery, such as a look by `bridge doctor`, may always leave', () => {
  expect(rightToSend()).not.toThrow();
});
