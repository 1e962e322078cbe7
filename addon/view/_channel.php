<?php
/** One platform: its shops, what the gateway did there, and what can be done. */
$channel = $card['channel'];
$platform = $this->platform($channel);
$bound = $card['accounts'] !== [];
$ill = $bound && in_array($card['state'], ['expired', 'error'], true);
$query = ['channel' => $channel, 'tenant' => $tenant['id']];
$first = $ill ? 'button-primary' : 'button-soft';
$actions = $card['oauth']
    ? [$bound ? 'again' : 'authorise' => $first, 'manual' => '']
    : [$bound ? 'edit' : 'manual' => $first];
?>
<section class="panel channel" aria-labelledby="channel-<?= $this->e($channel) ?>" data-channel="<?= $this->e($channel) ?>" data-state="<?= $this->e($card['state']) ?>">
    <header class="channel-head">
        <?= $this->partial('_mark', ['channel' => $channel]) ?>
        <h2 id="channel-<?= $this->e($channel) ?>"><?= $this->t('channel.' . $channel) ?></h2>
        <?= $this->badge('channel', $card['state']) ?>
    </header>
<?php if (!$bound && !$locked) : ?>
    <p class="muted"><?= $this->t('channel.none.' . ($card['oauth'] ? 'oauth' : 'manual'), ['platform' => $platform]) ?></p>
<?php endif ?>
<?php foreach ($card['accounts'] as $account) : ?>
    <div class="shop" data-account="<?= $this->e($account['id']) ?>" data-status="<?= $this->e($account['status']) ?>">
        <p class="shop-name"><strong class="wrap-anywhere"><?= $this->e($account['name']) ?></strong>
<?php if ($account['shop_id'] !== '') : ?>
            <span class="muted small wrap-anywhere"><?= $this->e($account['shop_id']) ?></span>
<?php endif ?>
<?php if (count($card['accounts']) > 1) : ?>
            <?= $this->badge('channel', $account['badge']) ?>
<?php endif ?>
        </p>
<?php if ($account['error'] !== '') : ?>
        <p class="shop-error"><span class="icon icon-alert" aria-hidden="true"></span><span><?= $this->e($account['error']) ?></span></p>
<?php endif ?>
        <dl class="shop-facts">
            <div><dt><?= $this->t('channel.authorised_at') ?></dt><dd><?= $this->dateTime($account['authorised_at']) ?></dd></div>
            <div><dt><?= $this->t('channel.expires_at') ?></dt><dd<?= $account['soon'] ? ' class="text-warn"' : '' ?>><?= $this->e($account['expiry']) ?><?php if ($account['expires_on'] !== null) : ?> <span class="small muted"><?= $this->e($account['expires_on']) ?></span><?php endif ?></dd></div>
<?php if ($account['refreshed_at'] !== null) : ?>
            <div><dt><?= $this->t('channel.refreshed_at') ?></dt><dd><?= $this->dateTime($account['refreshed_at']) ?></dd></div>
<?php endif ?>
        </dl>
        <div class="shop-actions">
<?php if ($account['status'] === 'active' || $account['status'] === 'paused') : ?>
<?php $action = $account['status'] === 'active' ? 'channelPause' : 'channelResume' ?>
            <form method="post" action="<?= $this->url($action) ?>" data-once data-sending="<?= $this->t('form.sending') ?>">
                <?= $this->csrf() ?>
                <input type="hidden" name="tenant" value="<?= $this->e($tenant['id']) ?>">
                <input type="hidden" name="channel" value="<?= $this->e($channel) ?>">
                <input type="hidden" name="id" value="<?= $this->e($account['id']) ?>">
                <button class="button button-plain" type="submit" aria-label="<?= $this->t($action . '.for', ['shop' => $account['name']]) ?>"><?= $this->t($action) ?></button>
            </form>
<?php endif ?>
            <a class="button button-plain" href="<?= $this->url('channelUnbind', ['id' => $account['id'], 'tenant' => $tenant['id']]) ?>" aria-label="<?= $this->t('channelUnbind.for', ['shop' => $account['name']]) ?>"><?= $this->t('channelUnbind') ?></a>
        </div>
    </div>
<?php endforeach ?>
<?php if ($card['called']) : ?>
    <table class="calls">
        <caption class="hidden-visually"><?= $this->t('channel.calls.of', ['platform' => $platform]) ?></caption>
        <thead><tr><th scope="col"><?= $this->t('channel.calls') ?></th><th scope="col"><?= $this->t('channel.calls.count') ?></th><th scope="col"><?= $this->t('channel.calls.success') ?></th><th scope="col"><?= $this->t('channel.calls.median') ?></th></tr></thead>
        <tbody>
<?php foreach ($card['stats'] as $stats) : ?>
            <tr><th scope="row"><?= $this->t('channel.span.' . $stats['span']) ?></th><td><?= $this->e(number_format($stats['calls'])) ?></td><td><?= $this->e($stats['success']) ?></td><td><?= $this->e($stats['median']) ?></td></tr>
<?php endforeach ?>
        </tbody>
    </table>
<?php elseif ($bound && !$card['counting']) : ?>
    <p class="muted small"><?= $this->t('channel.calls.none') ?></p>
<?php endif ?>
<?php if ($card['counting']) : ?>
    <p class="muted small"><?= $this->t('channel.calls.counting') ?></p>
<?php endif ?>
<?php if (!$locked) : ?>
    <p class="channel-actions">
<?php foreach ($actions as $action => $style) : ?>
        <a class="button button-small <?= $style ?>" href="<?= $this->url('channelAuth', $action === 'manual' && $card['oauth'] ? $query + ['manual' => 1] : $query) ?><?= $action === 'manual' && $card['oauth'] ? '#manual' : '' ?>" aria-label="<?= $this->t('channel.action.for', ['action' => $this->text('channel.' . $action), 'platform' => trim($platform)]) ?>"><?= $this->t('channel.' . $action) ?></a>
<?php endforeach ?>
    </p>
<?php endif ?>
</section>
