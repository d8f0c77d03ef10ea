import { describe, expect, it } from "vitest";
import { masked, plain } from "./mask";

describe("masked", () => {
  it("leaves two digits of a number, however it is written", () => {
    expect(masked("From", "+15085140320")).toBe("+•••••••••20");
    expect(masked("From", "+1 (508) 514-0320")).toBe("+• (•••) •••-••20");
    expect(masked("number", 15085140320)).toBe("•••••••••20");
  });

  it("leaves nothing of a number that is nobody's, as it may be a PIN", () => {
    for (const name of ["Digits", "text", "card_number"]) expect(masked(name, "12345678"), name).toBe("•••");
    expect(masked("data", { Digits: "12345678", "12345678": null })).toBe('{"•••":null,"Digits":"•••"}');
  });

  it("hides under a harmless name what does not look like it", () => {
    const sent = { AccountSid: "+15085140320", CallSid: "Ann", CallStatus: "HIV positive", CallDuration: "15085140320", ErrorCode: "Ann", muted: "Ann" };
    for (const [name, value] of Object.entries(sent)) expect(masked(name, value), name).not.toContain(value.slice(0, 3));
    for (const name of ["SipHeader_X-Patient-Status", "maritalStatus"]) expect(masked(name, "divorced"), name).toBe("•••");
  });

  it("leaves the host of an address, and nothing of who is there", () => {
    expect(masked("To", "sip:ann@example.com")).toBe("sip:•••@example.com");
    expect(masked("To", "client:ann")).toBe("client:•••");
    expect(masked("To", "sip:ann@example.com;tag=+15085140320")).toBe("•••");
  });

  it("hides everything that is not known to be harmless", () => {
    for (const name of ["CallerName", "FromCity", "Digits", "SpeechResult", "TranscriptionText", "StirPassportToken", "RecordingUrl", "SipHeader_X-Ann", "Whatever"])
      expect(masked(name, "4711 Ann"), name).toBe("•••");
    expect(masked("Digits", "4711")).toBe("•••");
    expect(masked("StirPassportToken", "eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7InRuIjoiMTUwODUxNDAzMjAifX0.c2ln==")).toBe("•••");
    expect(masked("CallerName", "")).toBe("");
  });

  it("shows what tells of the call and of nobody", () => {
    const shown = {
      CallSid: "CA1234567890ab1234567890ab12345678",
      parent_call_sid: "CA1234567890ab1234567890ab12345678",
      CallStatus: "in-progress",
      Direction: "outbound-dial",
      Timestamp: "Sun, 08 Feb 2026 06:11:00 +0000",
      start_time: "2026-02-08T06:11:00Z",
      ApiVersion: "2010-04-01",
      SequenceNumber: "12345678",
      CallDuration: "29",
      DialSipResponseCode: "486",
      RecordingErrorCode: "13225",
      StartConferenceOnEnter: "true",
      price_unit: "USD",
    };
    for (const [name, value] of Object.entries(shown)) expect(masked(name, value), name).toBe(value);
    expect(masked("price", -0.0085)).toBe("-0.0085");
    expect(masked("answered", true)).toBe("true");
  });

  it("masks what stands in JSON by its own names, however deep, also when that is kept as text", () => {
    const sent = { status: "busy", caller: { caller_name: "ANN", numbers: ["+15085140320", 5085140320], "+15085140320": null } };
    const hidden = '{"status":"busy","caller":{"caller_name":"•••","numbers":["+•••••••••20","••••••••20"],"+•••••••••20":null}}';
    expect(masked("data", sent)).toBe(hidden);
    expect(masked("text", JSON.stringify(sent))).toBe(hidden);
    expect(masked("outer", { inner: JSON.stringify(sent) })).toBe(`{"inner":${hidden}}`);
    expect(masked("text", '{"From":"+15085140320"')).toBe("•••");
  });

  it("reads a form that is kept as text", () => {
    expect(masked("text", "From=%2B15085140320&CallerName=ANN+EXAMPLE&CallStatus=busy")).toBe('{"From":"+•••••••••20","CallerName":"•••","CallStatus":"busy"}');
    expect(masked("text", "From=%2B15085140320")).toBe("•••");
    for (const name of ["SMITH&JONES", "AT&T", "yes&no", "a=b&c", "&"]) expect(masked("CallerName", name), name).toBe("•••");
    expect(masked("text", "%2B15085140320=x&CallStatus=busy")).toBe("•••");
  });
});

describe("plain", () => {
  it("is the text itself, or what it would be as JSON", () => {
    expect(plain("a")).toBe("a");
    expect(plain({ a: [1, null] })).toBe('{"a":[1,null]}');
  });
});
