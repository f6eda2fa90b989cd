<?php
// The plug-in's own words in the other languages of the overlay, by WordPress' names of them.
defined('ABSPATH') || exit;

return [
    'zh_CN' => [
        'Lets visitors share a part of any picture on this site, by way of a Cutline server.' => '让访客分享本站任何图片的局部，由 Cutline 服务器完成。',
        'The server is an address without a path, for example https://share.example.org.' => '服务器是不带路径的地址，例如 https://share.example.org。',
        'Server' => '服务器',
        'The address of the Cutline server, for example https://share.example.org.' => 'Cutline 服务器的地址，例如 https://share.example.org。',
        'Key' => '密钥',
        'What the server knows this site by: the key of its [[sites]].' => '服务器识别本站所用的密钥，即其 [[sites]] 中的 key。',
        'Targets' => '分享目标',
        'Where visitors may share to, with commas between them; everywhere that the server allows if nothing is said.' => '访客可以分享到哪里，以逗号分隔；留空则为服务器允许的所有目标。',
        'Keep out' => '排除',
        'A CSS selector of pictures, or of what they are in, that are not to be shared.' => '不可分享的图片或其所在元素的 CSS 选择器。',
    ],
    'ar' => [
        'Lets visitors share a part of any picture on this site, by way of a Cutline server.' => 'يتيح للزوار مشاركة جزء من أي صورة في هذا الموقع عبر خادم Cutline.',
        'The server is an address without a path, for example https://share.example.org.' => 'الخادم عنوان بلا مسار، مثل https://share.example.org.',
        'Server' => 'الخادم',
        'The address of the Cutline server, for example https://share.example.org.' => 'عنوان خادم Cutline، مثل https://share.example.org.',
        'Key' => 'المفتاح',
        'What the server knows this site by: the key of its [[sites]].' => 'ما يعرف به الخادم هذا الموقع: قيمة key في [[sites]].',
        'Targets' => 'الوجهات',
        'Where visitors may share to, with commas between them; everywhere that the server allows if nothing is said.' => 'إلى أين يمكن للزوار المشاركة، تفصل بينها فواصل؛ وإن تُرك فارغًا فإلى كل ما يسمح به الخادم.',
        'Keep out' => 'استبعاد',
        'A CSS selector of pictures, or of what they are in, that are not to be shared.' => 'محدِّد CSS لصور لا تُشارَك، أو لما هي فيه.',
    ],
];
