import { describe, expect, it } from "vitest";
import { clockTime, money, partyName } from "./format";

describe("partyName", () => {
  it.each([
    ["+16175006181", "+1 (617) 500-6181"],
    ["sip:dispatcher@example.sip.us1.twilio.com", "dispatcher"],
    ["client:anna", "anna"],
    ["+4930123456", "+4930123456"],
    ["", "Unknown"],
  ])("%s reads %s", (number, name) => {
    expect(partyName(number)).toBe(name);
  });
});

describe("clockTime", () => {
  it.each([
    [0, "0:00"],
    [7.9, "0:07"],
    [61, "1:01"],
    [750, "12:30"],
    [3723, "1:02:03"],
    [-5, "0:00"],
  ])("%d s reads %s", (seconds, clock) => {
    expect(clockTime(seconds)).toBe(clock);
  });
});

describe("money", () => {
  it.each([
    [-0.0085, "USD", "$0.0085"],
    [1200, "EUR", "€1,200.00"],
    [-0.0085, "credits", "0.0085 credits"],
    [1200, "", "1,200"],
  ])("%d in %s reads %s", (amount, unit, shown) => {
    expect(money(amount, unit)).toBe(shown);
  });
});
