<?php
$soon = !$tenant['expired'] && $tenant['days_left'] !== null && $tenant['days_left'] <= 7;
$daysKey = $tenant['days_left'] === 0 ? 'my.days_left.0' : 'my.days_left';
?>
<tbody class="tenant" role="rowgroup" data-tenant="<?= $this->e($tenant['id']) ?>" data-status="<?= $this->e($tenant['status']) ?>" data-embed="<?= $tenant['embed_code'] === null ? '0' : '1' ?>" data-expire="<?= $this->e($tenant['expire_at']) ?>">
    <tr role="row">
        <th scope="row" role="rowheader">
            <span class="tenant-name wrap-anywhere"><?= $this->e($tenant['tenant_name']) ?></span>
            <span class="muted small wrap-anywhere"><?= $this->e($tenant['domain']) ?></span>
        </th>
        <td role="cell" data-label="<?= $this->t('my.column.status') ?>"><?= $this->badge('tenant', $tenant['awaits_confirmation'] ? 'confirm' : $tenant['status']) ?></td>
        <td role="cell" data-label="<?= $this->t('my.column.plan') ?>"><span><?= $this->planName($tenant['plan'], $tenant['plan_name']) ?> <span class="muted small"><?= $this->t('my.seats', ['count' => $tenant['seats']]) ?></span></span></td>
        <td role="cell" data-label="<?= $this->t('my.column.expire') ?>">
            <span>
                <?= $this->date($tenant['expire_at']) ?>
<?php if ($tenant['expired']) : ?>
                <span class="small text-bad"><?= $this->t('my.expired') ?></span>
<?php elseif ($tenant['days_left'] !== null) : ?>
                <span class="small <?= $soon ? 'text-warn' : 'muted' ?>"><?= $this->t($daysKey, ['days' => $tenant['days_left']]) ?></span>
<?php endif ?>
            </span>
        </td>
        <td role="cell" class="tenant-actions">
            <a class="button button-small" href="<?= $this->url('channelList', ['tenant' => $tenant['id']]) ?>" aria-label="<?= $this->t('my.channels.for', ['company' => $tenant['tenant_name']]) ?>"><?= $this->t('my.channels') ?></a>
<?php if ($tenant['can_reprovision']) : ?>
            <form method="post" action="<?= $this->url('reprovision') ?>" data-once data-sending="<?= $this->t('form.sending') ?>">
                <?= $this->csrf() ?>
                <input type="hidden" name="ids" value="<?= $this->e($tenant['id']) ?>">
                <button class="button button-small" type="submit" aria-label="<?= $this->t('my.reprovision.for', ['company' => $tenant['tenant_name']]) ?>"><?= $this->t('my.reprovision') ?></button>
            </form>
<?php endif ?>
<?php if ($tenant['can_renew']) : ?>
            <a class="button button-small" href="<?= $this->url('renew', ['id' => $tenant['id']]) ?>" aria-label="<?= $this->t('my.renew.for', ['company' => $tenant['tenant_name']]) ?>"><?= $this->t('my.renew') ?></a>
<?php endif ?>
        </td>
    </tr>
    <tr role="row" class="tenant-code">
        <td role="cell" colspan="5">
<?php if ($tenant['embed_code'] !== null) : ?>
            <details<?= $folded ? '' : ' open' ?>>
                <summary><?= $this->t('my.code') ?></summary>
                <?= $this->partial('_code', ['code' => $tenant['embed_code'], 'label' => $this->text('my.code.for', ['company' => $tenant['tenant_name']])]) ?>
            </details>
<?php else : ?>
            <p class="muted small"><?= $this->t($tenant['awaits_confirmation'] ? 'my.code.confirm' : match ($tenant['status']) {
                'provisioning' => 'my.code.wait',
                'pending' => 'my.code.pending',
                default => 'my.code.later',
            }) ?></p>
<?php endif ?>
        </td>
    </tr>
</tbody>
