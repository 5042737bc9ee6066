import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fictionalPerson } from './fictional-people.js';
import { type InventoryRow, inventoryRow } from './inventory-rows.js';
import { scannedPage } from './scanned-page.js';

/** What the demo's company holds: rows for the inventory, and how many files were written for them. */
export interface CompanyRecords {
  rows: InventoryRow[];
  files: number;
}

const EMPLOYEES = 24;

/**
 * Writes the records of a small company in Massachusetts: payroll registers, scanned I-9 forms, customer
 * applications, a folder of benefit enrolments, and two things that no program can reach, a box of paper and a
 * USB stick.
 *
 * @param root folder that gets them
 * @param year the current year; the records reach ten years back
 */
export async function writeCompanyRecords(root: string, year: number): Promise<CompanyRecords> {
  const writer = new RecordWriter(root);
  await writePayroll(writer, year);
  await writeFormsI9(writer, year);
  await writeApplications(writer, year);
  await writeBenefits(writer, year);
  writer.rows.push(paperBox(year), usbStick(year), forgottenLaptop());
  return { rows: writer.rows, files: writer.files };
}

class RecordWriter {
  readonly rows: InventoryRow[] = [];
  files = 0;
  private readonly folders = new Set<string>();

  constructor(private readonly root: string) {}

  path(name: string): string {
    return join(this.root, name);
  }

  async write(name: string, content: string | Buffer): Promise<string> {
    const path = this.path(name);
    const folder = dirname(path);
    if (!this.folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    this.folders.add(folder);
    await writeFile(path, content, { mode: 0o600 });
    this.files += 1;
    return path;
  }
}

async function writePayroll(writer: RecordWriter, year: number): Promise<void> {
  for (let month = 0; month < 120; month += 1) {
    const of = year - 10 + Math.floor(month / 12);
    const period = `${of}-${String((month % 12) + 1).padStart(2, '0')}`;
    const lines = ['employee,name,ssn,routing,account,gross,net'];
    for (let index = 0; index < EMPLOYEES; index += 1) {
      const person = fictionalPerson(index);
      const gross = 4200 + index * 85 + (month % 12) * 11;
      const net = (gross * 0.74).toFixed(2);
      const { subject, name, ssn, routing, account } = person;
      lines.push(`${subject},${name},${ssn},${routing},${account},${gross}.00,${net}`);
    }
    const location = await writer.write(`payroll/${of}/register-${period}.csv`, `${lines.join('\n')}\n`);
    writer.rows.push(
      inventoryRow({
        id: `PAY-${period}`,
        title: `Payroll register ${period}`,
        class: 'payroll',
        medium: 'file',
        location,
        pi_elements: 'ssn;financial_account',
        data_subjects: EMPLOYEES,
        custodian: 'payroll-clerk',
        department: 'Finance',
        created: `${period}-01`,
        closed: `${period}-28`,
      }),
    );
  }
}

async function writeFormsI9(writer: RecordWriter, year: number): Promise<void> {
  for (let index = 0; index < 48; index += 1) {
    const person = fictionalPerson(index);
    const hired = year - 10 + (index % 9);
    const left = index % 3 === 0 ? hired + 2 : undefined;
    const location = await writer.write(
      `hr/form-i9/${person.subject}.pgm`,
      scannedPage([`FORM I-9 ${person.subject}`, person.name, person.ssn], index),
    );
    writer.rows.push(
      inventoryRow({
        id: `I9-${person.subject}`,
        title: `Form I-9, scanned, ${person.subject}`,
        class: 'form-i9',
        medium: 'file',
        location,
        pi_elements: 'ssn;drivers_license',
        data_subjects: 1,
        custodian: 'hr-manager',
        department: 'Human Resources',
        created: `${hired}-03-02`,
        'event:hire': `${hired}-03-02`,
        ...(left === undefined || left >= year ? {} : { 'event:termination': `${left}-08-31` }),
      }),
    );
  }
}

async function writeApplications(writer: RecordWriter, year: number): Promise<void> {
  for (let index = 0; index < 96; index += 1) {
    const person = fictionalPerson(index + 24);
    const used = year - 6 + (index % 6);
    const form = [
      'APPLICATION FOR CREDIT',
      `Customer: C-${20_001 + index}`,
      `Name: ${person.name}`,
      `Social Security number: ${person.ssn}`,
      `Card on file: ${person.card}`,
      `Account: ${person.routing} / ${person.account}`,
      '',
    ].join('\n');
    const location = await writer.write(`customers/applications/C-${20_001 + index}.txt`, form);
    writer.rows.push(
      inventoryRow({
        id: `APP-${20_001 + index}`,
        title: `Credit application C-${20_001 + index}`,
        class: 'customer-information',
        medium: 'file',
        location,
        pi_elements: 'ssn;payment_card;financial_account',
        data_subjects: 1,
        custodian: 'front-office',
        department: 'Sales',
        created: `${used - 1}-05-10`,
        last_used: `${used}-${String((index % 12) + 1).padStart(2, '0')}-15`,
      }),
    );
  }
}

async function writeBenefits(writer: RecordWriter, year: number): Promise<void> {
  for (const of of [year - 9, year - 1]) {
    for (let index = 0; index < 18; index += 1) {
      const person = fictionalPerson(index);
      const text = `Benefit enrolment ${of}\n${person.subject}\n${person.name}\n${person.ssn}\n`;
      await writer.write(`hr/benefits/${of}/forms/${person.subject}.txt`, text);
    }
    writer.rows.push(
      inventoryRow({
        id: `BEN-${of}`,
        title: `Benefit enrolments ${of}`,
        class: 'benefit-plan',
        medium: 'folder',
        location: writer.path(`hr/benefits/${of}`),
        pi_elements: 'ssn',
        data_subjects: 18,
        custodian: 'hr-manager',
        department: 'Human Resources',
        created: `${of}-11-01`,
        closed: `${of}-12-15`,
      }),
    );
  }
}

function paperBox(year: number): InventoryRow {
  return inventoryRow({
    id: 'BOX-0001',
    title: `Time cards ${year - 8}, one box`,
    class: 'payroll',
    medium: 'paper',
    location: 'Basement, shelf 4, box 1',
    pi_elements: 'ssn',
    data_subjects: 31,
    custodian: 'payroll-clerk',
    department: 'Finance',
    closed: `${year - 8}-12-31`,
  });
}

function usbStick(year: number): InventoryRow {
  return inventoryRow({
    id: 'USB-0007',
    title: 'USB stick, payroll export for the old bureau',
    class: 'payroll',
    medium: 'removable',
    location: 'Safe, finance office',
    pi_elements: 'ssn;financial_account',
    data_subjects: 27,
    custodian: 'payroll-clerk',
    department: 'Finance',
    closed: `${year - 7}-06-30`,
  });
}

/** Nobody said what it holds: a defect that the plan must list and never dispose of. */
function forgottenLaptop(): InventoryRow {
  return inventoryRow({
    id: 'DEV-0003',
    title: 'Laptop of a former bookkeeper, contents unknown',
    medium: 'device',
    location: 'IT cupboard',
    custodian: 'it-admin',
    department: 'IT',
    notes: 'Record class not decided',
  });
}
