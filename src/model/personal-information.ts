/**
 * Data elements that, together with a resident's name, make personal information.
 * All six are named by M.G.L. c. 93I § 1; c. 93H and 201 CMR 17.02 name all but `biometric`.
 */
export const PI_ELEMENTS = [
  'ssn',
  'drivers_license',
  'state_id',
  'financial_account',
  'payment_card',
  'biometric',
] as const;
export type PiElement = (typeof PI_ELEMENTS)[number];

/** What a person reads on a certificate for each element. */
export const PI_ELEMENT_NAMES: Readonly<Record<PiElement, string>> = {
  ssn: 'Social Security number',
  drivers_license: "driver's license number",
  state_id: 'state-issued identification card number',
  financial_account: 'financial account number',
  payment_card: 'credit or debit card number',
  biometric: 'biometric indicator',
};
