import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const serviceSchema = z.looseObject({
  command: z.union([z.string(), z.array(z.string())]).optional(),
  profiles: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  user: z.string().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
  logging: z.looseObject({ options: z.record(z.string(), z.string()) }).optional(),
  deploy: z.looseObject({ resources: z.looseObject({ limits: z.looseObject({ memory: z.string() }) }) }).optional(),
});
const text = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
const services = z.object({ services: z.record(z.string(), serviceSchema) }).parse(parse(text, { merge: true })).services;
const lasting = Object.entries(services).filter(([name]) => name !== 'setup' && name !== 'init');
/** What is ours runs on our image; the others are programs of their own. */
const ours = lasting.filter(([name]) => !['caddy', 'prometheus', 'grafana'].includes(name));

test.for(Object.entries(services))('%s has no rights that it does not need', ([, service]) => {
  expect(service.cap_drop).toEqual(['ALL']);
  expect(service.security_opt).toContain('no-new-privileges:true');
});

test.for(ours)('%s is nobody, and writes nowhere but into its volumes', ([, service]) => {
  expect([service.user, service.read_only]).toEqual(['1000:1000', true]);
});

test.for(lasting)('%s may stop in peace, and fills neither memory nor disk', ([name, service]) => {
  // A role takes at most 10 s.
  if (ours.some(([one]) => one === name)) expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(10);
  expect(service.deploy?.resources.limits.memory).toMatch(/^\d+m$/);
  expect(service.logging?.options).toMatchObject({ 'max-size': expect.any(String), 'max-file': expect.any(String) });
});

test('only Caddy is open to the world, and Redis to nobody', () => {
  const open = lasting.filter(([, { ports = [] }]) =>
    ports.some((port) => !/^(?:127\.0\.0\.1|\$\{BIND_ADDRESS:-127\.0\.0\.1\}):/.test(port)),
  );
  expect(open.map(([name]) => name)).toEqual(['caddy']);
  expect(services['redis']?.ports).toBeUndefined();
});

test('every role has a service', () => {
  const commands = ours.flatMap(([, { command = [] }]) => (Array.isArray(command) ? [command.join(' ')] : [command]));
  for (const role of ['ingress', 'gateway', 'router', 'sender', 'console']) expect(commands.join('\n')).toContain(`--roles ${role}`);
});
