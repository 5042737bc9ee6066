import { readFileSync } from 'node:fs';

/** True when the processor says that a hypervisor runs below; then what disks say of themselves is what it wants them to. */
export function isVirtualMachine(): boolean {
  try {
    return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'latin1'));
  } catch {
    return false;
  }
}
