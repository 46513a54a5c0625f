"""Runs a PostgreSQL server with pgvector in a folder until the standard input ends; its first line is its address."""

import sys

import pgserver

server = pgserver.get_server(sys.argv[1], cleanup_mode="stop")
print(server.get_uri(), flush=True)
sys.stdin.read()
