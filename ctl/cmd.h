/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - the commands of dispatchctl. Each takes its own arguments, argv[0] its name, and returns an exit code.
 */
#ifndef SIPXDP_CTL_CMD_H
#define SIPXDP_CTL_CMD_H

int cmd_check(int argc, char **argv);

#endif
