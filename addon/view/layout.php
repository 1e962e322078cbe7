<!DOCTYPE html>
<html lang="<?= $this->e($this->language()) ?>">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="referrer" content="<?= $this->e($referrer) ?>">
<?php if ($page !== 'landing') : ?>
    <meta name="robots" content="noindex">
<?php else : ?>
    <meta name="description" content="<?= $this->t('landing.lead') ?>">
<?php endif ?>
    <title><?= $this->t('title.' . $page) ?> · <?= $this->e($siteName) ?></title>
    <link rel="icon" href="<?= $this->asset('img/logo.svg') ?>" type="image/svg+xml">
    <link rel="stylesheet" href="<?= $this->asset('chathub.css') ?>">
    <script src="<?= $this->asset('chathub.js') ?>" defer></script>
</head>
<body class="page-<?= $this->e($page) ?>">
<a class="skip" href="#main"><?= $this->t('nav.skip') ?></a>
<header class="site-header">
    <div class="wrap site-header-row">
        <a class="brand" href="<?= $this->url('landing') ?>">
            <img src="<?= $this->asset('img/logo.svg') ?>" alt="" width="32" height="32">
            <span><?= $this->e($siteName) ?></span>
        </a>
        <nav class="site-nav" aria-label="<?= $this->t('nav.main') ?>">
<?php foreach ($this->navigation($page, $signedIn) as $item) : ?>
            <a href="<?= $this->url($item['action']) ?>" class="<?= $this->e($item['class']) ?>"<?= $item['current'] ? ' aria-current="page"' : '' ?>><?= $this->t('nav.' . $item['text']) ?></a>
<?php endforeach ?>
        </nav>
    </div>
</header>
<main id="main" tabindex="-1">
<?= $content ?>
</main>
<footer class="site-footer">
    <div class="wrap site-footer-row">
        <p><strong><?= $this->e($siteName) ?></strong> <span class="muted"><?= $this->t('footer.about') ?></span></p>
<?php if ($support !== '') : ?>
        <p><?= $this->t('footer.support') ?> <a href="mailto:<?= $this->e($support) ?>"><?= $this->e($support) ?></a></p>
<?php endif ?>
<?php if ($this->languageSwitch()) : ?>
        <p class="languages" role="group" aria-label="<?= $this->t('nav.language') ?>">
            <a href="<?= $this->url('landing', ['lang' => 'zh-cn']) ?>" lang="zh-CN" hreflang="zh-CN">中文</a>
            <a href="<?= $this->url('landing', ['lang' => 'en']) ?>" lang="en" hreflang="en">English</a>
        </p>
<?php endif ?>
    </div>
</footer>
</body>
</html>
