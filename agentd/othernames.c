/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agentd/othernames.h"

static const struct othernames all[] = {
	{"augeas", "configurations", ""},
	{"certificates", NULL, "sid store_location store username store_id"},
	{"chrome_extensions", NULL, "locale=default_locale"},
	{"cpu_info", NULL,
		"availability load_percentage number_of_efficiency_cores "
		"number_of_performance_cores"},
	{"disk_encryption", NULL, "uid user_uuid filevault_status"},
	{"etc_hosts", "hosts", ""},
	{"file", NULL,
		"attributes volume_serial file_id file_version product_version original_filename "
		"shortcut_target_path shortcut_target_type shortcut_target_location "
		"shortcut_start_in shortcut_run shortcut_comment bsd_flags"},
	{"groups", NULL, "group_sid comment is_hidden"},
	{"interface_addresses", NULL, "friendly_name"},
	{"interface_details", NULL,
		"friendly_name description manufacturer connection_id connection_status enabled "
		"physical_adapter speed service dhcp_enabled dhcp_lease_expires "
		"dhcp_lease_obtained dhcp_server dns_domain dns_domain_suffix_search_order "
		"dns_host_name dns_server_search_order"},
	{"logged_in_users", NULL, "sid registry_hive"},
	{"os_version", NULL, "extra install_date revision"},
	{"osquery_schedule", NULL, "blacklisted=denylisted"},
	{"process_events", NULL,
		"status environment=env environment_count=env_count environment_size=env_size "
		"access_time=atime modify_time=mtime change_time=ctime create_time=btime"},
	{"processes", NULL,
		"elevated_token secure_process protection_type virtual_process elapsed_time "
		"handle_count percent_processor_time upid uppid cpu_type cpu_subtype translated"},
	{"secureboot", NULL, "secure_mode description kernel_extensions mdm_operations"},
	{"syslog_events", "syslog", ""},
	{"system_controls", NULL, "field_name"},
	{"system_info", NULL, "emulated_cpu_type"},
	{"time", NULL, "win_timestamp date_time=datetime"},
	{"users", NULL, "type is_hidden"},
	{"yara_events", NULL, "transaction_id"},
	{"yara_file", "yara", ""},
};

const struct othernames *othernames_of(const char *table)
{
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (str_eq(all[i].table, table))
			return &all[i];
	return NULL;
}

bool othernames_next(struct span *rest, struct span *ret_name, struct span *ret_of)
{
	struct span word;
	const char *eq;

	if (!span_word(rest, &word))
		return false;
	eq = memchr(word.p, '=', word.n);
	*ret_name = (struct span){word.p, eq ? (size_t)(eq - word.p) : word.n};
	*ret_of = eq ? (struct span){eq + 1, word.n - ret_name->n - 1}
		     : (struct span){word.p + word.n, 0};
	return true;
}
