/* One line per provider; see provider.h. */
PROVIDER(twilio)
