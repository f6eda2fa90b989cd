<?php
/**
 * Plugin Name: Cutline
 * Description: Lets visitors share a part of any picture on this site, by way of a Cutline server.
 * Version: 0.1.0
 * Requires at least: 6.1
 * Requires PHP: 7.4
 * License: MIT OR Apache-2.0
 * Text Domain: cutline
 *
 * Puts one script tag on the site's pages, as Settings > Cutline says. Nothing is loaded in the administration, and nothing is sent
 * anywhere by this site itself.
 */

defined('ABSPATH') || exit;

const CUTLINE_OPTION = 'cutline';

/** What is kept, with its defaults. */
function cutline_settings(): array {
    return array_merge(
        ['host' => '', 'key' => '', 'targets' => '', 'off' => ''],
        array_filter((array) get_option(CUTLINE_OPTION, []), 'is_string')
    );
}

/** What may be kept of what was typed: a host is an origin, everything else plain text. */
function cutline_sanitize($typed): array {
    $typed = is_array($typed) ? $typed : [];
    $kept = [];
    foreach (['key', 'targets', 'off'] as $name) {
        $kept[$name] = sanitize_text_field($typed[$name] ?? '');
    }
    $parts = wp_parse_url(trim((string) ($typed['host'] ?? '')));
    $is_origin = is_array($parts) && in_array($parts['scheme'] ?? '', ['http', 'https'], true) && !empty($parts['host'])
        && in_array($parts['path'] ?? '/', ['/', ''], true) && !array_intersect_key($parts, array_flip(['user', 'pass', 'query', 'fragment']));
    $kept['host'] = $is_origin
        ? esc_url_raw($parts['scheme'] . '://' . $parts['host'] . (isset($parts['port']) ? ':' . $parts['port'] : ''))
        : '';
    if ($kept['host'] === '' && !empty($typed['host'])) {
        // What was right before stays: a slip does not take the script off the site.
        $kept['host'] = cutline_settings()['host'];
        add_settings_error(CUTLINE_OPTION, 'host', __('The server is an address without a path, for example https://share.example.org.', 'cutline'));
    }
    return $kept;
}

// By WordPress' own filter for the words of one plug-in; files of translations would have to be compiled.
add_filter('gettext_cutline', function (string $translation, string $text): string {
    static $languages;
    $languages ??= require __DIR__ . '/languages.php';
    return $languages[determine_locale()][$text] ?? $translation;
}, 10, 2);

add_action('wp_enqueue_scripts', function () {
    $settings = cutline_settings();
    if ($settings['host'] !== '') {
        // No version in the address: the server says itself how long it may be kept.
        wp_enqueue_script('cutline', $settings['host'] . '/embed/v1.js', [], null, false);
    }
});

// WordPress has no way to give a script attributes of its own; this is the filter that it has for the whole tag.
add_filter('script_loader_tag', function (string $tag, string $handle): string {
    if ($handle !== 'cutline') {
        return $tag;
    }
    $settings = cutline_settings();
    $attributes = ' async crossorigin="anonymous"';
    foreach (['key', 'targets', 'off'] as $name) {
        if ($settings[$name] !== '') {
            $attributes .= sprintf(' data-%s="%s"', $name, esc_attr($settings[$name]));
        }
    }
    return str_replace(' src=', $attributes . ' src=', $tag);
}, 10, 2);

add_action('admin_init', function () {
    register_setting('cutline', CUTLINE_OPTION, ['type' => 'array', 'sanitize_callback' => 'cutline_sanitize', 'default' => []]);
    add_settings_section('cutline', '', '__return_null', 'cutline');
    $fields = [
        'host' => [__('Server', 'cutline'), __('The address of the Cutline server, for example https://share.example.org.', 'cutline')],
        'key' => [__('Key', 'cutline'), __('What the server knows this site by: the key of its [[sites]].', 'cutline')],
        'targets' => [__('Targets', 'cutline'), __('Where visitors may share to, with commas between them; everywhere that the server allows if nothing is said.', 'cutline')],
        'off' => [__('Keep out', 'cutline'), __('A CSS selector of pictures, or of what they are in, that are not to be shared.', 'cutline')],
    ];
    foreach ($fields as $name => [$label, $help]) {
        add_settings_field($name, esc_html($label), function () use ($name, $help) {
            printf(
                '<input id="cutline-%1$s" name="%2$s[%1$s]" value="%3$s" class="regular-text" type="text" aria-describedby="cutline-%1$s-help"><p class="description" id="cutline-%1$s-help">%4$s</p>',
                esc_attr($name),
                esc_attr(CUTLINE_OPTION),
                esc_attr(cutline_settings()[$name]),
                esc_html($help)
            );
        }, 'cutline', 'cutline', ['label_for' => "cutline-$name"]);
    }
});

add_action('admin_menu', function () {
    add_options_page('Cutline', 'Cutline', 'manage_options', 'cutline', function () {
        echo '<div class="wrap"><h1>Cutline</h1><form action="options.php" method="post">';
        settings_fields('cutline');
        do_settings_sections('cutline');
        submit_button();
        echo '</form></div>';
    });
});
