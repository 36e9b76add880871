"""What a service says of itself."""


class Refused(Exception):
    """What was asked for cannot be done, and why."""


class Service:
    """A service as its file describes it: what it keeps, what it can be told, and its own routes.

    `do(db, command)` does one command within the transaction in which its end is written, so that it is never done half
    or twice, and gives the words that whoever asked is told. What it cannot do it raises as `Refused`.
    """

    name = ""
    port = 0
    tables = ""
    # The actions, and the arguments that each must have, with their types.
    actions = {}

    def do(self, db, command):
        raise NotImplementedError

    def routes(self):
        """Its own API: method and path, and a function of the transaction and the body that gives what is answered."""
        return {}

    def gauges(self, db):
        """Its own metrics: name, labels as a text, and value."""
        return []

    def check(self, command):
        """Refuses what it could never do: Chasqui then says so to whoever asked, and does not try again."""
        wanted = self.actions.get(command["action"])
        if wanted is None:
            raise Refused(f"there is no such action; there are {', '.join(sorted(self.actions))}")
        given = command["arguments"]
        for name in given.keys() - wanted.keys():
            raise Refused(f"{command['action']} has no argument {name!r}")
        for name, kind in wanted.items():
            if not isinstance(given.get(name), kind) or isinstance(given.get(name), bool):
                raise Refused(f"{command['action']} needs the argument {name}")
