"""The web edge: what every HTTP application of the appliance shares, the staff API now and the console later.

Owns how a request is counted, limited, decoded and answered: routes with what they declare, errors, rate limits and the
limit of connections, security headers, content negotiation. It knows no feature and no application.
"""
