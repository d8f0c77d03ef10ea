/* Every resource of the API, one line each. Included where RESOURCE(name) is defined. */
RESOURCE(health)
RESOURCE(session)
RESOURCE(conversations)
RESOURCE(calls)
RESOURCE(recordings)
RESOURCE(events)
RESOURCE(stream)
