/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - the commands of dispatchctl. Each takes its own arguments, argv[0] its name, and returns an exit code. Each
 * understands --help: main.c asks it for `help COMMAND`.
 */
#ifndef SIPXDP_CTL_CMD_H
#define SIPXDP_CTL_CMD_H

int cmd_add(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_calls(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_drain(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_modify(int argc, char **argv);
int cmd_ping_now(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_remove(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_rpc(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_set_state(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_upgrade(int argc, char **argv);
int cmd_watch(int argc, char **argv);

#endif
