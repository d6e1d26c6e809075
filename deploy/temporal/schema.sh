#!/bin/sh
# Makes Temporal's two databases in PostgreSQL, and brings their tables up to this server's version.
# Runs in the image temporalio/admin-tools before each start of the server; running it again changes
# nothing. The tool reads SQL_PASSWORD itself.
set -eu

tool() { temporal-sql-tool --plugin postgres12 --ep "$SQL_HOST" -p 5432 -u "$SQL_USER" "$@"; }

for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%:*}
  tables=/etc/temporal/schema/postgresql/v12/${pair#*:}/versioned
  if ! tool --db "$database" update-schema -d "$tables"; then
    echo "schema.sh: $database is new"
    tool --db "$database" create
    tool --db "$database" setup-schema -v 0.0
    tool --db "$database" update-schema -d "$tables"
  fi
done
