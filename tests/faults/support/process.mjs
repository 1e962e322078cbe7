/** Processes and the connections that they hold, as the kernel shows them. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Which of these processes has the connection from that loopback port to the other one; undefined when none has. */
export function processWithConnection(pids, from, to) {
  const hex = (number) => number.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((text) => text.trim().split(/\s+/))
    .find(([, local, remote]) => local?.endsWith(`:${hex(from)}`) && remote.endsWith(`:${hex(to)}`));
  const socket = line && `socket:[${line[9]}]`;
  return pids.find((pid) => socket && openFiles(pid).includes(socket));
}

function openFiles(pid) {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`);
      } catch {
        return ''; // closed meanwhile
      }
    });
  } catch {
    return []; // ended meanwhile
  }
}

/** Resident memory in KiB; 0 when the process is gone. */
export function residentMemory(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m)[1]);
  } catch {
    return 0;
  }
}
