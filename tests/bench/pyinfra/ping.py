"""ping.yml as pyinfra would have it."""

from pyinfra.operations import server

server.shell(name="ping", commands=["true"])
