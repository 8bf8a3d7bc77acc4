/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - the commands of dispatchctl. Each takes its own arguments, argv[0] its name, and returns an exit code. Each
 * understands --help: main.c asks it for `help COMMAND`.
 */
#ifndef SIPXDP_CTL_CMD_H
#define SIPXDP_CTL_CMD_H

int cmd_attach(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_stats(int argc, char **argv);

#endif
