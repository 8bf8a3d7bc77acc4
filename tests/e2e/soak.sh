#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A short soak: some rounds of all that tests/soak/soak.sh does.
#
# Alone: beside other tests calls could be late by as much as it takes for lost.

SOAK_SECONDS=${SOAK_SECONDS:-30} exec bash "$(dirname "$0")/../soak/soak.sh" "$@"
