import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export const root = resolve(__dirname, '../..');
const ampkit = resolve(root, 'bin/ampkit');

/** The environment without AWS's variables of whoever runs the tests. */
function environment(more: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...more };
}

/** Runs `ampkit` to its end, and answers what it printed; its exit code must be one of those allowed. */
export async function run(args: string[], env: Record<string, string> = {}, allowed = [0]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(ampkit, args, { cwd: root, env: environment(env) });
    return stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    if (allowed.includes(code)) {
      return stdout;
    }
    throw new Error(`ampkit ${args.join(' ')} ended with ${code}: ${stderr}`);
  }
}

/** Programs that run until the tests end. */
export class Programs {
  private running: ChildProcess[] = [];

  /** Starts `ampkit`, and answers the first line of its output and all that it told by then. */
  async start(args: string[], env: Record<string, string> = {}): Promise<{ line: string; told: () => string }> {
    const child = spawn(ampkit, args, { cwd: root, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.running.push(child);
    let told = '';
    child.stderr.on('data', (chunk) => (told += chunk));
    const line = await new Promise<string>((done, failed) => {
      createInterface({ input: child.stdout }).once('line', done);
      child.once('error', failed);
      child.once('exit', (code) => failed(new Error(`ampkit ${args[0]} ended with ${code}: ${told}`)));
    });
    return { line, told: () => told };
  }

  async stop() {
    const running = this.running.filter((child) => child.exitCode === null && child.signalCode === null);
    const ended = running.map((child) => new Promise((done) => child.once('exit', done)));
    running.forEach((child) => child.kill('SIGTERM'));
    await Promise.all(ended);
  }
}
