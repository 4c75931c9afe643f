import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { platform } from './index.ts';
import { createGateway } from './gateway.ts';
import { createApi } from './rest.ts';
const { WebSocketServer } = createRequire('/work/main/packages/simulators/package.json')('ws');
const token = 'MTEwMDAwMDAwMDAwMDAwMDAwMQ.x.y';
let seq = 0; const log: any[] = []; const dispatched: any[] = []; let sockets = new Set<any>(); let mode = { closeBeforeHello: 0, closeOnIdentify: 0, invalid: false };
const say = (...a: any[]) => console.log(...a.map((x) => typeof x === 'string' ? x : JSON.stringify(x)));
const http = createServer((q, r) => { r.setHeader('content-type', 'application/json'); say('HTTP', q.method!, q.url!); r.end(JSON.stringify({ url: `ws://127.0.0.1:${port}`, shards: 1, session_start_limit: { total: 1000, remaining: 999, reset_after: 1000, max_concurrency: 1 } })); });
const wss = new WebSocketServer({ noServer: true });
http.on('upgrade', (q, s, h) => wss.handleUpgrade(q, s, h, (ws: any) => {
  sockets.add(ws); ws.on('close', (c: number) => { sockets.delete(ws); say('S close', c); });
  if (mode.closeBeforeHello) return ws.close(mode.closeBeforeHello);
  ws.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 1000 } }));
  ws.on('message', (m: any) => { const p = JSON.parse(m); if (p.op !== 1) say('S got op', p.op, p.d?.seq ?? '');
    if (p.op === 1) ws.send(JSON.stringify({ op: 11 }));
    if (p.op === 2) { if (mode.closeOnIdentify) return ws.close(mode.closeOnIdentify); seq = 0; dispatched.length = 0; send(ws, 'READY', { v: 10, session_id: 'S' + Date.now(), resume_gateway_url: `ws://127.0.0.1:${port}`, guilds: [{ id: '1', unavailable: true }], user: { id: '1' } }); }
    if (p.op === 6) { if (mode.invalid) { mode.invalid = false; return ws.send(JSON.stringify({ op: 9, d: false })); } for (const x of dispatched) if (x.s > p.d.seq) ws.send(JSON.stringify(x)); send(ws, 'RESUMED', {}); }
  });
}));
const send = (ws: any, t: string, d: any) => { const x = { op: 0, t, d, s: ++seq }; dispatched.push(x); ws?.send(JSON.stringify(x)); };
const msg = (id: string) => { const ws = [...sockets][0]; send(ws, 'MESSAGE_CREATE', { id, channel_id: '55', content: 'x' + id, author: { id: '7', username: 'u' }, timestamp: new Date().toISOString() }); };
await new Promise<void>((r) => http.listen(0, '127.0.0.1', r)); let port = (http.address() as any).port;
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
let saved: string | undefined; let failing = false;
function start() { const stop = new AbortController(); const api = createApi({ token, apiUrl: `http://127.0.0.1:${port}/api` });
  const logger = { debug() {}, info() {}, error: say, warn: (o: any, m: string) => say('WARN', m, o) } as any;
  const done = createGateway({ token, api, log: logger, timing: { minDelayMs: 100, maxDelayMs: 800, failedDelayMs: 500, maxPending: 5 } }).run({ signal: stop.signal, status: (s) => say('STATUS', s), checkpoint: { load: async () => saved, save: async (v) => { saved = v; } }, emit: async (e) => { if (failing) throw new Error('no'); log.push(e.eventKey); } });
  return { stop: async () => { const t = Date.now(); stop.abort(); await done; api.close(); say('stopped in', Date.now() - t, saved ?? ''); } }; }
process.on('unhandledRejection', (e) => say('UNHANDLED', String(e)));
let g = start(); await wait(300); msg('1'); msg('2'); await wait(100); say('log', log);
say('--- stop, miss, resume'); await g.stop(); msg('3'); g = start(); await wait(500); say('log', log);
say('--- drop tcp'); [...sockets][0].terminate(); msg('4'); await wait(700); say('log', log);
say('--- refuse for a while'); for (const s of sockets) s.terminate(); await new Promise<void>((r) => { http.close(() => r()); http.closeAllConnections(); }); await wait(1500); http.listen(port, '127.0.0.1'); await wait(1500); msg('5'); await wait(100); say('log', log);
say('--- invalid session'); mode.invalid = true; [...sockets][0].close(4000); await wait(3500); msg('6'); await wait(6000); say('log', log);
say('--- 4014'); mode.closeOnIdentify = 4014; mode.invalid = true; [...sockets][0]?.close(4000); await wait(7500); mode.closeOnIdentify = 0; await wait(6500);
say('--- redis away'); failing = true; for (let i = 10; i < 30; i++) msg(String(i)); await wait(1000); failing = false; await wait(6500); say('log', log);
say('--- stop while connecting'); mode.closeBeforeHello = 4002; [...sockets][0]?.close(4000); await wait(50); await g.stop();
await wait(1000); say('sockets', sockets.size); http.close(); http.closeAllConnections(); void platform;
