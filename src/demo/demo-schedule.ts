/** The retention schedule of the demo: real citations, each with the day on which it was checked. */
export const DEMO_SCHEDULE = `# Retention schedule of the demonstration company.
# Not legal advice: check each entry against its source before you use it.
version: 1
title: Harbor Lantern Cooperative, retention schedule
classes:
  payroll:
    title: Payroll registers and time cards
    retain:
      - {after: closed, for: P3Y}
      - {after: closed, for: P4Y}
    cut_off: calendar-year
    disposition: destroy
    approvals: 1
    authority:
      citation: 29 CFR 516.5; M.G.L. c. 151 s. 15; 430 CMR 5.01
      source: 3 years under federal and state wage law, 4 years for unemployment insurance; the longer counts
      checked: 2026-11-02
  form-i9:
    title: Form I-9, employment eligibility verification
    retain:
      - {after: hire, for: P3Y}
      - {after: termination, for: P1Y}
    cut_off: none
    disposition: destroy
    approvals: 1
    authority:
      citation: 8 CFR 274a.2
      source: the later of 3 years after hire and 1 year after termination
      checked: 2026-11-02
      warning: secondary sources only; compare with the regulation
  customer-information:
    title: Customer applications
    retain:
      - {after: last-used, for: P1Y}
    delete_within: {after: last-used, for: P2Y}
    disposition: destroy
    approvals: 1
    authority:
      citation: 16 CFR 314.4(c)(6)
      source: no longer than 2 years after last use; 1 year is the company's own need
      checked: 2026-11-02
  benefit-plan:
    title: Benefit plan enrolments
    retain:
      - {after: closed, for: P6Y}
    cut_off: calendar-year
    disposition: destroy
    approvals: 1
    authority:
      citation: 29 USC 1027
      source: 6 years after filing
      checked: 2026-11-02
`;
