/** How the roles are spread over processes. */
export interface Layout {
  readonly name: string;
  /** Roles of each process, with so many that send. */
  processes(senders: number): readonly string[];
}

const many = (count: number, roles: string): readonly string[] => Array.from({ length: count }, () => roles);

/** `npx bridge start` by itself, with further senders where one is not enough. */
export const together: Layout = {
  name: 'all roles in one process',
  processes: (senders) => ['ingress,gateway,router,sender', ...many(senders - 1, 'router,sender')],
};
/** As the README has it for more than one machine. */
export const inTwo: Layout = {
  name: 'ingress and gateway in one process, router and sender in others',
  processes: (senders) => ['ingress,gateway', ...many(senders, 'router,sender')],
};
/** As docker-compose.yml has it. */
export const apart: Layout = {
  name: 'one process per role',
  processes: (senders) => ['ingress', 'gateway', 'router', ...many(senders, 'sender')],
};
