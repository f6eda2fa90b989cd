<?php
// install.php SITE: runs WordPress' own installer, makes the author alice and prints an application password of hers.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = getenv('HTTP_HOST');
$_SERVER['REQUEST_URI'] = '/';
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
wp_install('For tests', 'owner', 'owner@example.test', true, '', wp_slash('for-tests'));
update_option('permalink_structure', '/%postname%/');
$alice = wp_insert_user(['user_login' => 'alice', 'user_pass' => 'for-tests', 'user_email' => 'alice@example.test', 'role' => 'author']);
foreach (['ar', 'zh_CN'] as $locale) {
    wp_insert_user(['user_login' => "owner-$locale", 'user_pass' => 'for-tests', 'user_email' => "$locale@example.test", 'role' => 'administrator', 'locale' => $locale]);
}
[$password] = WP_Application_Passwords::create_new_application_password($alice, ['name' => 'Cutline']);
echo $password, "\n";
